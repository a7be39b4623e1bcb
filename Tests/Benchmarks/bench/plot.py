"""A plot as SVG: points above, a line below, over the same seconds."""

WIDTH, HEIGHT, LEFT, RIGHT = 900, 300, 70, 20
INK, POINT, LINE, MARK = "#333", "#c0392b", "#2471a3", "#888"


def ticks(most, count=5):
    """Round values from 0 to at least `most`."""
    step = next(base * 10 ** power for power in range(-3, 9) for base in (1, 2, 5) if base * 10 ** power * count >= most)
    return [number * step for number in range(count + 1)]


def number(value):
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


class Panel:
    """One diagram within the picture; `top` is where it begins."""

    def __init__(self, top, seconds, most, title):
        self.top, self.seconds, self.parts = top, max(seconds, 0.001), []
        self.ticks = ticks(max(most, 0.001))
        self.text(LEFT, top - 12, title, "start", 15)
        for value in self.ticks:
            self.parts.append(self.rule(value, "#ddd"))
            self.text(LEFT - 8, self.y(value) + 4, number(value), "end")
        for second in (at for at in ticks(self.seconds) if at <= self.seconds):
            self.text(self.x(second), top + HEIGHT + 18, f"{number(second)} s", "middle")

    def x(self, second):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(second / self.seconds, 1)

    def y(self, value):
        return self.top + HEIGHT * (1 - min(value / self.ticks[-1], 1))

    def text(self, x, y, words, anchor, size=12):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}">{words}</text>')

    def rule(self, value, colour, dashes=""):
        y = self.y(value)
        return (f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{colour}"'
                f' stroke-dasharray="{dashes}"/>')

    def mark(self, value, words):
        self.parts.append(self.rule(value, MARK, "6 4"))
        self.text(WIDTH - RIGHT, self.y(value) - 4, words, "end")

    def points(self, values):
        self.parts += [f'<circle cx="{self.x(at):.1f}" cy="{self.y(value):.1f}" r="2" fill="{POINT}"/>' for at, value in values]

    def line(self, values):
        path = " ".join(f"{self.x(at):.1f},{self.y(value):.1f}" for at, value in values)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>')


def picture(panels):
    height = panels[-1].top + HEIGHT + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>']
    for panel in panels:
        parts += panel.parts
    return "\n".join(parts + ["</svg>", ""])
