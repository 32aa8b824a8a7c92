from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_decision_current")]

    operations = [
        migrations.AddField(
            model_name="rewardmodel",
            name="ranked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rewardmodel",
            name="scored_to",
            field=models.BigIntegerField(default=0),
        ),
    ]
