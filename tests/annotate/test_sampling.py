"""Which prompts are one, and which are in the evaluation share."""

import pytest

from annotate.hashes import prompt_hash
from annotate.sampling import in_evaluation_share


def test_a_prompt_s_hash_depends_on_what_it_holds_and_not_on_the_order_of_names():
    turn, other = {"role": "user", "content": "x"}, {"content": "x", "role": "user"}
    assert prompt_hash([turn], []) == prompt_hash([other], [])
    assert prompt_hash([turn], []) != prompt_hash([turn], [{"title": "", "text": "x"}])
    assert prompt_hash([turn], []) != prompt_hash([turn, turn], [])


def test_the_evaluation_share_is_of_its_size_and_grows_around_what_it_had():
    hashes = [prompt_hash([{"role": "user", "content": str(n)}], []) for n in range(3000)]
    small = {one for one in hashes if in_evaluation_share(one, 0.1)}
    large = {one for one in hashes if in_evaluation_share(one, 0.3)}
    assert small < large
    assert len(small) / 3000 == pytest.approx(0.1, abs=0.02)
    assert not any(in_evaluation_share(one, 0) for one in hashes)
    assert all(in_evaluation_share(one, 1) for one in hashes)


def test_the_evaluation_share_tells_nothing_about_folds_by_the_same_hash():
    hashes = [prompt_hash([{"role": "user", "content": str(n)}], []) for n in range(3000)]
    inside = [int(one[:8], 16) % 10 for one in hashes if in_evaluation_share(one, 0.3)]
    assert all(0.06 < inside.count(fold) / len(inside) < 0.14 for fold in range(10))
