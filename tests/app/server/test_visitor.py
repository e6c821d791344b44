"""Who a visitor is, and whether one sits at the computer that runs the app."""

import pytest

from aegen.app.server.visitor import COOKIE, is_outside, known_as


def test_a_login_counts_before_a_cookie_and_only_what_is_vouched_for():
    cookies = {COOKIE: "f3"}
    assert known_as({"name": "ann"}, cookies, trusted=True) == "name ann"
    assert known_as({"name": "ann"}, cookies, trusted=False) == "cookie f3"
    assert known_as({"name": None}, cookies, trusted=True) == "cookie f3"
    assert known_as({"is_logged_in": True, "sub": "7", "name": "ann"}, {}, False) == "sub 7"
    assert known_as({}, {}, trusted=True) is None


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"])
def test_this_computer_asks_by_one_of_its_own_names(host):
    assert not is_outside({"Host": host})
    assert is_outside({"Host": host, "X-Forwarded-For": "10.0.0.7"})
    assert is_outside({"Host": host, "Forwarded": "for=10.0.0.7"})


@pytest.mark.parametrize("host", ["lab.org", "rebound.example:8501", "192.168.1.20:8501", ""])
def test_another_name_is_a_proxy_or_another_site(host):
    assert is_outside({"Host": host})
