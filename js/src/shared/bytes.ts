/** The bytes of a buffer as the host hands it over: a DataView, any typed array, or an ArrayBuffer. */
export function bytes(buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  throw new TypeError("expected a binary buffer");
}

/** A copy of little-endian float32 values. Copied because a view may start anywhere, and hosts reuse their buffers. */
export function floats(buffer: unknown): Float32Array {
  const { buffer: whole, byteOffset, length } = bytes(buffer);
  const source = new DataView(whole, byteOffset);
  const values = new Float32Array(length >> 2);
  for (let i = 0; i < values.length; i++) values[i] = source.getFloat32(4 * i, true);
  return values;
}

/** Values as text for a saved page: 16 bits each, in units of `scale`. */
export function pack(values: Float32Array): { scale: number; data: string } {
  let scale = 0;
  for (const value of values) scale = Math.max(scale, Math.abs(value) || 0);
  const packed = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, i) => {
    packed.setInt16(2 * i, Math.round((value / scale) * 32767) || 0, true);
  });
  let text = "";
  const source = new Uint8Array(packed.buffer);
  for (let i = 0; i < source.length; i += 4096) text += String.fromCharCode(...source.subarray(i, i + 4096));
  return { scale, data: btoa(text) };
}

/** What `pack` made, as values again. */
export function unpack({ scale, data }: { scale: number; data: string }): Float32Array {
  const text = atob(data);
  const source = new DataView(Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  return Float32Array.from({ length: text.length >> 1 }, (_, i) => (source.getInt16(2 * i, true) / 32767) * scale);
}
