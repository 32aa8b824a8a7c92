import pytest

from routing.judges import llm


@pytest.fixture(autouse=True)
def forget_endpoints():
    """What was learnt of an endpoint's dialect belongs to one test's server."""
    llm._dialects.clear()
    yield
    llm._dialects.clear()
