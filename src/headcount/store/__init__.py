"""Where everything is kept, one package per engine. Only the wiring in bootstrap imports it."""
