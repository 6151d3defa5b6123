"""Taking an upload back and bringing it back: of everything that it wrote, what is still as it left it.

What uploads wrote on one value of a person lies on top of each other in the order of the steps; the uppermost shows. Taking an upload
back draws its writes out wherever they lie: an uppermost value gives way to the one under it, which the upload kept, and one that was
written over hands that value on to the upload above it. Bringing it back puts its writes in again at their old places. So the end is the
same whichever of several uploads is taken back first.
"""
