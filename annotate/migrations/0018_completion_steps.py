from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0017_suggested_labels")]

    operations = [
        migrations.AddField(
            model_name="completion",
            name="steps",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
