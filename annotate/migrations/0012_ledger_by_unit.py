"""Entries are listed and summed by unit, and one unit may be rare among those of the other."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0011_first_fits")]

    operations = [
        migrations.RemoveIndex(model_name="ledgerentry", name="ledger_by_day"),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["project", "unit", "created_at"], name="ledger_by_day"),
        ),
    ]
