"""`hearthub pulse`: the observatory."""

import typer

from hearthub.cli import pulse_metrics

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command("metrics")(pulse_metrics.metrics)
app.command("metric")(pulse_metrics.metric)
