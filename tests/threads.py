"""Doing things at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def in_threads(count, run):
    """What ``run(number)`` gave in so many threads that start together; an error is raised here."""
    start = threading.Barrier(count, timeout=20)

    def one(number):
        start.wait()
        try:
            return run(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        jobs = [pool.submit(one, number) for number in range(count)]
        return [job.result(timeout=60) for job in jobs]
