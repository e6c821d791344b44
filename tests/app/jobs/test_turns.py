"""Turns: who has the least at work comes next, and nobody waits for ever."""

from collections import Counter

from aegen.app.jobs.turns import Turns


def given(turns):
    return [turn for turn in turns if turn.wait(0) and not turn.over]


def test_one_who_asks_for_much_does_not_hold_up_the_others():
    turns = Turns(2)
    many = [turns.queue("ann") for _ in range(20)]
    few = [turns.queue(name) for name in ("bob", "eve")]
    assert given(many) == many[:2]
    many[0].leave()
    assert given(few) == few[:1]  # ahead of eighteen of ann's
    many[1].leave()
    assert given(few) == few
    assert not given(many)


def test_in_rotation_each_gets_as_many():
    turns = Turns(1)
    left = [turns.queue(name) for name in "aaaaaabbbccc"]
    order = []
    while left:
        (now,) = given(left)
        order.append(now.owner)
        left.remove(now)
        now.leave()
    assert [Counter(order[:9])[name] for name in "abc"] == [3, 3, 3]
    assert order[9:] == ["a"] * 3


def test_one_owner_has_at_most_so_many_at_a_time():
    turns = Turns(2, lambda: 1)
    first, second, other = (turns.queue(name) for name in ("ann", "ann", "bob"))
    assert given([first, second, other]) == [first, other]
    other.leave()
    assert not given([second])
    first.leave()
    assert given([second]) == [second]


def test_a_turn_is_given_back_once_and_who_leaves_the_queue_takes_none():
    turns = Turns(1)
    first, second, third = (turns.queue(name) for name in "abc")
    second.leave()
    first.leave()
    first.leave()
    assert given([third]) == [third]
    assert not second.wait(0)
    fourth = turns.queue("d")
    assert not given([fourth])


def test_who_hurries_comes_next_but_never_ahead_of_a_stranger():
    for strangers in (False, True):
        turns = Turns(1, strangers=lambda strangers=strangers: strangers)
        first, other, own, last = (turns.queue(name) for name in ("ann", "bob", "ann", "ann"))
        last.hurry()
        first.leave()
        assert given([other, own, last]) == [other if strangers else last]
        (other if strangers else last).leave()
        assert given([other, own, last]) == [last if strangers else other]
