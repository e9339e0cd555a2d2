"""Laws of a picture: who overlaps whom, and which line runs through what."""


def overlap(a, b, room=0.0):
    """Tell whether two rectangles (x, y, width, height) come nearer than `room`."""
    apart_x = a[0] + a[2] + room <= b[0] or b[0] + b[2] + room <= a[0]
    apart_y = a[1] + a[3] + room <= b[1] or b[1] + b[3] + room <= a[1]
    return not (apart_x or apart_y)


def encloses(a, b):
    return a[0] <= b[0] and a[1] <= b[1] and a[0] + a[2] >= b[0] + b[2] and a[1] + a[3] >= b[1] + b[3]


def points(wire, n=12):
    """Return points along a line: down, the curve, down."""
    middle = (wire.bend + wire.arrive) / 2
    yield from ((wire.x, wire.y + (wire.bend - wire.y) * k / n) for k in range(n + 1))
    for k in range(n + 1):
        t = k / n
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        yield (a + b) * wire.x + (c + d) * wire.to_x, a * wire.bend + (b + c) * middle + d * wire.arrive
    yield from ((wire.to_x, wire.arrive + (wire.to_y - wire.arrive) * k / n) for k in range(n + 1))


def pierces(wire, box):
    """Tell whether a line has a point inside a rectangle, its border apart."""
    x, y, width, height = box
    if max(wire.x, wire.to_x) <= x or min(wire.x, wire.to_x) >= x + width or wire.to_y <= y or wire.y >= y + height:
        return False
    return any(x + 0.5 < px < x + width - 0.5 and y + 0.5 < py < y + height - 0.5 for px, py in points(wire))


def faults(graph, picture):
    """Return what breaks the laws of a picture: no two boxes overlap, groups enclose theirs, no line crosses a box."""
    inside = {group.path: {child.path for child in (*group.boxes(), *group.groups())} for group in graph.root.groups()}
    shown = list(picture.parts.items())
    is_open = {path for path in inside if any(other in picture.parts for other in inside[path])}
    found = []
    for n, (path, box) in enumerate(shown):
        for other, second in shown[n + 1 :]:
            if other in inside.get(path, ()):
                found += [] if encloses(box, second) else [f"{path} does not enclose {other}"]
            elif path in inside.get(other, ()):
                found += [] if encloses(second, box) else [f"{other} does not enclose {path}"]
            elif overlap(box, second, room=8):
                found.append(f"{path} is too near {other}")
        if path in is_open:
            continue
        found += [f"{wire.level}/{wire.net} runs through {path}" for wire in picture.wires if pierces(wire, box)]
    for wire in picture.wires:
        if not wire.y <= wire.bend <= wire.arrive <= wire.to_y:
            found.append(f"{wire.level}/{wire.net} runs up")
        for path in is_open:
            outside = path != wire.level and wire.level not in inside[path] and not wire.level.startswith(path + ".")
            if outside and pierces(wire, picture.parts[path]):
                found.append(f"{wire.level}/{wire.net} runs through group {path}")
    return found
