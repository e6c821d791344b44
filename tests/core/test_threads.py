import os
import sys
from unittest.mock import Mock

import pytest
import threadpoolctl
import torch
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_info, threadpool_limits

from aegen.core.threads import few_threads, one_blas_thread
from aegen.core.threads import one_thread as all_in_one_thread


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


def used_by_scikit_learn():
    """Of its own OpenMP; torch and others bring one each."""
    return {_openmp_effective_n_threads()}


@pytest.mark.parametrize(("library", "used"), [("blas", used), ("openmp", used_by_scikit_learn)])
def test_few_operations_are_done_by_one_thread(library, used):
    with threadpool_limits(2):
        many = used()
        for operations, threads in ((1000, {1}), (10**9, many)):
            with few_threads(operations, library):
                assert used() == threads
            assert used() == many


def test_torch_too_keeps_to_one_thread(one_thread):
    torch.set_num_threads(2)
    before = dict(os.environ)
    with all_in_one_thread():
        assert used() == {torch.get_num_threads()} == {1}
    assert torch.get_num_threads() == 1
    assert dict(os.environ) == before


def test_libraries_are_looked_for_anew_where_a_module_was_loaded(monkeypatch):
    with all_in_one_thread():
        pass
    looks = Mock(wraps=threadpoolctl.ThreadpoolController)
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", looks)
    with all_in_one_thread():
        assert not looks.called
    monkeypatch.setitem(sys.modules, "another", sys)
    with all_in_one_thread():
        assert looks.called
