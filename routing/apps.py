from importlib import import_module

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("routing.form_uses")  # makes judges known to the forms they answer
