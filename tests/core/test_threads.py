import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from aegen.core.threads import one_blas_thread


def used():
    return {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _two_threads():
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own

    with threadpool_limits(2, user_api="blas"):
        yield


def test_one_thread_inside_and_as_many_as_before_after():
    assert used() == {2}
    with one_blas_thread():
        assert used() == {1}
        with one_blas_thread():
            assert used() == {1}
        assert used() == {1}
    assert used() == {2}


def test_an_error_ends_it_too():
    with pytest.raises(RuntimeError), one_blas_thread():
        raise RuntimeError
    assert used() == {2}
