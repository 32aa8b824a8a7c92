"""The audit log only grows: the database refuses to change or remove an entry, whoever writes."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION annotate_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only; rows of % are neither changed nor removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0004_oversight")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION annotate_refuse_removal"),
        migrations.RunSQL(
            "CREATE TRIGGER annotate_auditentry_frozen BEFORE UPDATE OR DELETE ON annotate_auditentry "
            "FOR EACH ROW EXECUTE FUNCTION annotate_refuse_removal()",
            "DROP TRIGGER annotate_auditentry_frozen ON annotate_auditentry",
        ),
    ]
