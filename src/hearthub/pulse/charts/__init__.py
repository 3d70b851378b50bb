"""Charts: what is to be drawn, in words and numbers, and the pictures of it in two themes."""

from hearthub.pulse.charts.charts import Charts, Pictures
from hearthub.pulse.charts.drawing import MOST_MARKS, Drawing, Mark
from hearthub.pulse.charts.themes import THEMES

__all__ = ["MOST_MARKS", "THEMES", "Charts", "Drawing", "Mark", "Pictures"]
