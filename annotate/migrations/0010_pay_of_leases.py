from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotate", "0009_quality_and_queues"),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="pay_usd",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=10, null=True),
        ),
        migrations.AddField(
            model_name="assignment",
            name="pay_held",
            field=models.BooleanField(default=False),
        ),
    ]
