"""Methods of making one label of several: pure functions on arrays, one module each."""
