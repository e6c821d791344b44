"""A job that needs no process and no thread of its own."""

from aegen.app.jobs.thread import ThreadJob


class Inline(ThreadJob):
    """A job whose work is done here, before `start` returns, whoever watches."""

    def start(self):
        self.goes_on = True
        try:
            self._live()
        finally:
            self._over.set()  # also where it is killed
