"""Networks of Keras on TensorFlow; nothing outside this folder imports tensorflow or keras."""
