package org.bilora.serve;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * A type of tensor elements, as JSON has it, as a Java array and as TensorFlow has it.
 *
 * <pre>
 * INT32    a whole number     int[]
 * INT64    a whole number     long[]
 * FLOAT    a number, NaN, Infinity or -Infinity   float[]
 * BOOL     true or false      boolean[]
 * STRING   a string, or {"b64": "…"} for bytes    byte[][]
 * </pre>
 */
enum ElementType {
  INT32(DataType.DT_INT32) {
    @Override
    Object allocate(int size) {
      return new int[size];
    }

    @Override
    void read(JsonNode value, Object elements, int at) {
      if (!value.isIntegralNumber() || !value.canConvertToInt()) {
        throw unfit(value);
      }
      ((int[]) elements)[at] = value.intValue();
    }

    @Override
    void write(Object elements, int at, JsonGenerator out) throws IOException {
      out.writeNumber(((int[]) elements)[at]);
    }

    @Override
    Tensor tensor(Shape shape, Object elements) {
      return TInt32.tensorOf(shape, DataBuffers.of((int[]) elements, true, false));
    }

    @Override
    Object elements(Tensor tensor) {
      int[] elements = new int[(int) tensor.size()];
      tensor.asRawTensor().data().asInts().read(elements);
      return elements;
    }
  },

  INT64(DataType.DT_INT64) {
    @Override
    Object allocate(int size) {
      return new long[size];
    }

    @Override
    void read(JsonNode value, Object elements, int at) {
      if (!value.isIntegralNumber() || !value.canConvertToLong()) {
        throw unfit(value);
      }
      ((long[]) elements)[at] = value.longValue();
    }

    @Override
    void write(Object elements, int at, JsonGenerator out) throws IOException {
      out.writeNumber(((long[]) elements)[at]);
    }

    @Override
    Tensor tensor(Shape shape, Object elements) {
      return TInt64.tensorOf(shape, DataBuffers.of((long[]) elements, true, false));
    }

    @Override
    Object elements(Tensor tensor) {
      long[] elements = new long[(int) tensor.size()];
      tensor.asRawTensor().data().asLongs().read(elements);
      return elements;
    }
  },

  FLOAT(DataType.DT_FLOAT) {
    @Override
    Object allocate(int size) {
      return new float[size];
    }

    @Override
    void read(JsonNode value, Object elements, int at) {
      if (!value.isNumber()) {
        throw unfit(value);
      }
      ((float[]) elements)[at] = value.floatValue();
    }

    @Override
    void write(Object elements, int at, JsonGenerator out) throws IOException {
      out.writeNumber(((float[]) elements)[at]);
    }

    @Override
    Tensor tensor(Shape shape, Object elements) {
      return TFloat32.tensorOf(shape, DataBuffers.of((float[]) elements, true, false));
    }

    @Override
    Object elements(Tensor tensor) {
      float[] elements = new float[(int) tensor.size()];
      tensor.asRawTensor().data().asFloats().read(elements);
      return elements;
    }
  },

  BOOL(DataType.DT_BOOL) {
    @Override
    Object allocate(int size) {
      return new boolean[size];
    }

    @Override
    void read(JsonNode value, Object elements, int at) {
      if (!value.isBoolean()) {
        throw unfit(value);
      }
      ((boolean[]) elements)[at] = value.booleanValue();
    }

    @Override
    void write(Object elements, int at, JsonGenerator out) throws IOException {
      out.writeBoolean(((boolean[]) elements)[at]);
    }

    @Override
    Tensor tensor(Shape shape, Object elements) {
      return TBool.tensorOf(shape, DataBuffers.of((boolean[]) elements, true, false));
    }

    @Override
    Object elements(Tensor tensor) {
      boolean[] elements = new boolean[(int) tensor.size()];
      tensor.asRawTensor().data().asBooleans().read(elements);
      return elements;
    }
  },

  STRING(DataType.DT_STRING) {
    @Override
    Object allocate(int size) {
      return new byte[size][];
    }

    @Override
    void read(JsonNode value, Object elements, int at) {
      ((byte[][]) elements)[at] =
          isBase64(value) ? decode(value.get(BASE64).textValue()) : utf8(value);
    }

    private byte[] utf8(JsonNode value) {
      if (!value.isTextual()) {
        throw unfit(value);
      }
      try {
        ByteBuffer bytes =
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value.textValue()));
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
      } catch (CharacterCodingException e) {
        throw RequestRefusedException.badRequest(
            "a string holds half of a surrogate pair, which is not Unicode text; send bytes as"
                + " {\"b64\": …}");
      }
    }

    private byte[] decode(String base64) {
      try {
        return Base64.getDecoder().decode(base64);
      } catch (IllegalArgumentException e) {
        throw RequestRefusedException.badRequest(
            "the value of \"b64\" is not base64: " + e.getMessage());
      }
    }

    @Override
    void write(Object elements, int at, JsonGenerator out) throws IOException {
      out.writeString(new String(((byte[][]) elements)[at], StandardCharsets.UTF_8));
    }

    @Override
    Tensor tensor(Shape shape, Object elements) {
      return TString.tensorOfBytes(shape, DataBuffers.of((byte[][]) elements, true, false));
    }

    @Override
    Object elements(Tensor tensor) {
      byte[][] elements = new byte[(int) tensor.size()][];
      int[] at = {0};
      ((TString) tensor)
          .asBytes()
          .scalars()
          .forEach(scalar -> elements[at[0]++] = scalar.getObject());
      return elements;
    }
  };

  /** The only key of an object that stands for bytes. */
  private static final String BASE64 = "b64";

  private final DataType dataType;

  ElementType(DataType dataType) {
    this.dataType = dataType;
  }

  /**
   * The type of a signature's input or output.
   *
   * @throws RequestRefusedException when JSON has no form of it here
   */
  static ElementType of(DataType dataType) {
    for (ElementType type : values()) {
      if (type.dataType == dataType) {
        return type;
      }
    }
    throw new RequestRefusedException(
        501, "tensors of type %s have no JSON form on this server".formatted(dataType));
  }

  /** Whether the value is an object that stands for bytes, {@code {"b64": "…"}}. */
  static boolean isBase64(JsonNode value) {
    return value.isObject() && value.size() == 1 && value.path(BASE64).isTextual();
  }

  /** An array of that many elements. */
  abstract Object allocate(int size);

  /**
   * Takes one element.
   *
   * @throws RequestRefusedException when the value is of another type
   */
  abstract void read(JsonNode value, Object elements, int at);

  /** Writes one element. */
  abstract void write(Object elements, int at, JsonGenerator out) throws IOException;

  /** A tensor that the caller closes. */
  abstract Tensor tensor(Shape shape, Object elements);

  /** A copy of a tensor's elements, row-major. */
  abstract Object elements(Tensor tensor);

  /** Writes an element as bytes, {@code {"b64": "…"}}; strings only. */
  static void writeBase64(Object elements, int at, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField(BASE64, Base64.getEncoder().encodeToString(((byte[][]) elements)[at]));
    out.writeEndObject();
  }

  RequestRefusedException unfit(JsonNode value) {
    String text = value.toString();
    return RequestRefusedException.badRequest(
        "JSON value %s (%s) is not of the expected type %s"
            .formatted(
                text.length() > 60 ? text.substring(0, 60) + "…" : text,
                value.getNodeType().name().toLowerCase(java.util.Locale.ROOT),
                name().toLowerCase(java.util.Locale.ROOT)));
  }
}
