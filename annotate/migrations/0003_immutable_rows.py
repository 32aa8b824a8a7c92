"""What is recorded stays as it is: the database refuses to change it, whoever writes."""

from django.db import migrations

FROZEN = {
    "annotate_annotation": "item_id, annotator_id, assignment_id, purpose, attempt, answers, form_id",
    "annotate_form": "project_id, version, questions",
    "annotate_guidelines": "project_id, version, text",
    "annotate_snapshot": "annotation_ids, digest, texts_digest",
    "annotate_ledgerentry": "kind, unit, amount, reference",
}
FUNCTION = """
CREATE FUNCTION annotate_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed; add a new one', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0002_returned_sequence")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION annotate_refuse_change"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OF {columns} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION annotate_refuse_change()",
                f"DROP TRIGGER {table}_frozen ON {table}",
            )
            for table, columns in FROZEN.items()
        ),
    ]
