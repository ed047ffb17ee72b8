package org.bilora.serve;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.math.LongMath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;

/**
 * A tensor's elements outside TensorFlow, row-major.
 *
 * @param type of the elements
 * @param shape the first axis counts rows where there are rows
 * @param elements an array of the type's Java type, never changed
 */
record Values(ElementType type, Shape shape, Object elements) {

  /**
   * Takes a tensor in nested lists; a value that is no list is a scalar. The first element of each
   * list tells the shape of all others.
   *
   * @throws RequestRefusedException when lists differ in length or depth, or an element does not
   *     fit
   */
  static Values of(JsonNode json, ElementType type) {
    List<Long> axes = new ArrayList<>();
    long size = 1;
    for (JsonNode at = json; at.isArray(); at = at.get(0)) {
      axes.add((long) at.size());
      size = LongMath.saturatedMultiply(size, at.size());
      if (at.isEmpty()) {
        break;
      }
    }
    long[] shape = axes.stream().mapToLong(Long::longValue).toArray();
    Object elements = type.allocate(Math.toIntExact(Math.min(size, leaves(json))));
    int filled = fill(json, type, shape, 0, elements, 0);
    if (filled != size) {
      throw RequestRefusedException.badRequest("a list is empty where others are not");
    }
    return new Values(type, Shape.of(shape), elements);
  }

  /** Elements that are no lists, so that a shape claimed by the first lists is not believed. */
  private static long leaves(JsonNode json) {
    if (!json.isArray()) {
      return 1;
    }
    long leaves = 0;
    for (JsonNode item : json) {
      leaves += leaves(item);
    }
    return leaves;
  }

  private static int fill(
      JsonNode json, ElementType type, long[] shape, int level, Object elements, int at) {
    if (!json.isArray()) {
      if (level != shape.length) {
        throw RequestRefusedException.badRequest(
            "a value stands %d lists deep, others %d".formatted(level, shape.length));
      }
      if (at >= java.lang.reflect.Array.getLength(elements)) {
        throw RequestRefusedException.badRequest("lists differ in length");
      }
      type.read(json, elements, at);
      return at + 1;
    }
    if (level >= shape.length) {
      throw RequestRefusedException.badRequest(
          "a list stands where others have a value, %d lists deep".formatted(level));
    }
    if (json.size() != shape[level]) {
      throw RequestRefusedException.badRequest(
          "a list has %d items, others %d; all rows of one tensor have the same length"
              .formatted(json.size(), shape[level]));
    }
    int next = at;
    for (JsonNode item : json) {
      next = fill(item, type, shape, level + 1, elements, next);
    }
    return next;
  }

  /** A copy of a tensor. */
  static Values of(Tensor tensor) {
    ElementType type = ElementType.of(tensor.dataType());
    return new Values(type, tensor.shape(), type.elements(tensor));
  }

  /** A tensor that the caller closes. */
  Tensor tensor() {
    return type.tensor(shape, elements);
  }

  /** Whether there is a first axis. */
  boolean hasRows() {
    return shape.numDimensions() > 0;
  }

  /** Length of the first axis. */
  int rows() {
    return Math.toIntExact(shape.get(0));
  }

  /** Elements of a row. */
  private int rowSize() {
    return Math.toIntExact(shape.tail().size());
  }

  /** Rows from one to before another. */
  Values slice(int from, int to) {
    int rowSize = rowSize();
    Object part = type.allocate((to - from) * rowSize);
    System.arraycopy(elements, from * rowSize, part, 0, (to - from) * rowSize);
    return new Values(type, shape.tail().prepend(to - from), part);
  }

  /** Rows of all, in order; all have the same type and the same shape of a row. */
  static Values concatenate(List<Values> parts) {
    Values first = parts.get(0);
    if (parts.size() == 1) {
      return first;
    }
    int rows = parts.stream().mapToInt(Values::rows).sum();
    int rowSize = first.rowSize();
    Object all = first.type.allocate(rows * rowSize);
    int at = 0;
    for (Values part : parts) {
      System.arraycopy(part.elements, 0, all, at, part.rows() * rowSize);
      at += part.rows() * rowSize;
    }
    return new Values(first.type, first.shape.tail().prepend(rows), all);
  }

  /** Rows of {@code [rows, length]}, filled up at their end; whole numbers only. */
  Values padded(int length, long with) {
    int now = Math.toIntExact(shape.get(1));
    if (now == length) {
      return this;
    }
    Object longer = type.allocate(rows() * length);
    if (longer instanceof int[] ints) {
      Arrays.fill(ints, Math.toIntExact(with));
    } else {
      Arrays.fill((long[]) longer, with);
    }
    for (int row = 0; row < rows(); row++) {
      System.arraycopy(elements, row * now, longer, row * length, now);
    }
    return new Values(type, Shape.of(rows(), length), longer);
  }

  /** One row in nested lists, without the first axis. */
  void writeRow(int row, boolean bytes, JsonGenerator out) throws IOException {
    write(1, row * rowSize(), bytes, out);
  }

  /** All elements in nested lists; a scalar as it is. */
  void write(boolean bytes, JsonGenerator out) throws IOException {
    write(0, 0, bytes, out);
  }

  private int write(int axis, int at, boolean bytes, JsonGenerator out) throws IOException {
    if (axis == shape.numDimensions()) {
      if (bytes) {
        ElementType.writeBase64(elements, at, out);
      } else {
        type.write(elements, at, out);
      }
      return at + 1;
    }
    int next = at;
    out.writeStartArray();
    for (long i = 0; i < shape.get(axis); i++) {
      next = write(axis + 1, next, bytes, out);
    }
    out.writeEndArray();
    return next;
  }
}
