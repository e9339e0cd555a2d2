"""A workflow as a picture: read, laid out in layers, written as one page that opens from disk, or as one SVG.

`model` reads any Nipype workflow into boxes, groups and flows; `levels` makes a layered graph of each group, with
`layers` and `order`; `place` gives every box and line its place, with `columns`; `page` and `svg` write what is seen.
The browser places again whenever a group is opened or closed, by the same rules as `place` (a test compares the two).
"""
