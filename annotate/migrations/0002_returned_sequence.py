"""The sequence that numbers items as their seats come back."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE annotate_returned", "DROP SEQUENCE annotate_returned")
    ]
