"""What a segment is: a filter as a tree, as text and as JSON."""
