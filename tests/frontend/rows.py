"""Rows of ``routing`` for the pages' tests."""

from annotate.models import Annotator
from annotate.snapshots import take_snapshot
from routing.models import Judge, Review, RewardModel

INTERVAL = {"value": 0.7, "low": 0.6, "high": 0.8}


def make_judge(project, *, name="judge", version=1, **fields):
    annotator = Annotator.objects.create(project=project, kind="llm", name=name, version=version)
    fields = {"kind": "relevance", "form": project.form, "guidelines": project.guidelines} | fields
    return Judge.objects.create(
        project=project, annotator=annotator, name=name, version=version, **fields
    )


def metrics(*, accuracy=0.7, longer=0.6, gain=(0.1, 0.02, 0.18), rows=40):
    def interval(value):
        return {"value": value, "low": value - 0.1, "high": value + 0.1}

    return {
        "rows": rows,
        "decided": rows,
        "prompts": rows,
        "accuracy": interval(accuracy),
        "log_loss": interval(0.6),
        "brier": interval(0.2),
        "ece": interval(0.1),
        "against": "people",
        "baselines": {
            "longer wins": {
                "rows": rows,
                "accuracy": interval(longer),
                "model": interval(accuracy),
                "difference": dict(zip(("value", "low", "high"), gain, strict=True)),
            }
        },
    }


def make_reward_model(project, *, version=1, **fields):
    fields = {
        "recipe": "bt",
        "encoder": "all-MiniLM-L6-v2",
        "window": "256",
        "seed": 0,
        "code_version": "test",
        "metrics": metrics(),
        "heads": b"",
    } | fields
    snapshot = take_snapshot(project)
    return RewardModel.objects.create(project=project, version=version, snapshot=snapshot, **fields)


def make_review(annotation, model, **fields):
    return Review.objects.create(
        project=annotation.project,
        annotation=annotation,
        reward_model=model,
        **{"probability": 0.03} | fields,
    )
