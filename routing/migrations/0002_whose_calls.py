"""Entries of judge calls say which judge they paid for, as new ones do from the start."""

from django.db import migrations

SAY = """
UPDATE annotate_ledgerentry AS entry SET annotator_id = judge.annotator_id
FROM routing_judgecall AS call JOIN routing_judge AS judge ON judge.id = call.judge_id
WHERE entry.reference LIKE 'call:%' AND entry.annotator_id IS NULL
AND split_part(entry.reference, ':', 2) = call.id::text
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial"), ("annotate", "0007_counting_indexes")]

    operations = [migrations.RunSQL(SAY, migrations.RunSQL.noop)]
