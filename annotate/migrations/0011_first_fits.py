"""Aggregates from before methods are rewritten once, with their confidence and the items' summaries."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotate", "0010_pay_of_leases")]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO annotate_hint (project_id, kind, wanted, worker, fault, failures)
            SELECT DISTINCT project_id, 'fit-annotators', true, '', '', 0 FROM annotate_aggregate
            ON CONFLICT (project_id, kind) DO UPDATE SET wanted = true
            """,
            migrations.RunSQL.noop,
        )
    ]
