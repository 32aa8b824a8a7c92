"""What is exported loads in ``datasets`` and trains in TRL's RewardTrainer."""

import io
import json

import pytest

from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import importer
from annotate.importing import import_items
from annotate.presets import PRESETS
from annotate.snapshots import take_snapshot
from tests.factories import make_project

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries that are not ours

WORDS = "why because so first second user assistant a the good bad".split()  # noqa: SIM905
CHAT = [
    {"role": "user", "content": "why"},
    {"role": "assistant", "content": "so"},
    {"role": "user", "content": "because"},
]
TEMPLATE = "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}"


def records(messages):
    return [
        {
            "key": f"k{n}",
            "messages": messages,
            "completions": [{"text": "the first " * (n + 1)}, {"text": "a second 😀"}],
            "labels": [
                {"annotator": "Ann", "answers": {"overall": {"value": n % 5 - 2}}},
            ],
        }
        for n in range(15)
    ]


def exported(tmp_path, messages, **options):
    """A data set loaded from an export: 15 pairs, three of them ties."""
    from datasets import load_dataset

    project = make_project(questions=PRESETS["pairwise"].questions)
    import_items(project, records(messages), importer("tandem", project.questions, {}))
    snapshot = take_snapshot(project)
    path = tmp_path / "pairs.jsonl"
    file = io.StringIO(newline="\n")
    result = write_snapshot(snapshot, exporter_for(snapshot, "trl", options), file)
    path.write_text(file.getvalue(), encoding="utf-8")
    assert (result.rows, result.left_out) == (12, {"ties": 3})
    return load_dataset("json", data_files=str(path), cache_dir=str(tmp_path), split="train")


@pytest.fixture
def model(tmp_path):
    """A tiny randomly initialised model and its tokenizer, made on the spot."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        LlamaConfig,
        LlamaForSequenceClassification,
        PreTrainedTokenizerFast,
    )

    words = ["<pad>", "<unk>", "<eos>", *WORDS]
    raw = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", eos_token="<eos>"
    )
    tokenizer.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=256,
        num_labels=1,
        pad_token_id=0,
        eos_token_id=2,
    )
    return LlamaForSequenceClassification(config), tokenizer


@pytest.mark.parametrize(
    ("messages", "options", "columns"),
    [
        (CHAT[:1], {"margin": "yes"}, {"prompt", "chosen", "rejected", "margin"}),
        (CHAT, {}, {"prompt", "chosen", "rejected"}),
    ],
    ids=["texts with a margin", "chats"],
)
def test_an_export_trains_a_reward_model_for_two_steps(
    db, tmp_path, model, messages, options, columns
):
    import torch
    from trl import RewardConfig, RewardTrainer

    dataset = exported(tmp_path, messages, **options)
    assert set(dataset.column_names) == columns
    network, tokenizer = model
    before = network.score.weight.detach().clone()
    arguments = RewardConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=2,
        per_device_train_batch_size=4,
        learning_rate=0.1,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to=[],
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
    )
    trainer = RewardTrainer(
        model=network, args=arguments, train_dataset=dataset, processing_class=tokenizer
    )
    trainer.train()
    assert trainer.state.global_step == 2
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 2
    assert all(torch.isfinite(torch.tensor(losses)))
    assert not torch.equal(network.score.weight, before)


def test_the_margin_is_a_float_and_every_line_has_the_same_columns(db, tmp_path):
    dataset = exported(tmp_path, CHAT[:1], margin="yes")
    assert str(dataset.features["margin"].dtype) == "float64"
    assert {str(dataset.features[name].dtype) for name in ("prompt", "chosen", "rejected")} == {
        "string"
    }
    lines = (tmp_path / "pairs.jsonl").read_text().splitlines()
    assert {tuple(json.loads(line)) for line in lines} == {
        ("prompt", "chosen", "rejected", "margin")
    }
