package org.bilora.weights;

import static org.bilora.weights.SafetensorsHeader.shown;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a Python pickle of tensors without running anything: of the pickle machine's instructions
 * those that make plain values, and of what they can call the few functions that make a tensor. All
 * else ends the reading, by name.
 *
 * <p>A dictionary becomes a {@code Map}, a list or tuple a {@code List}, a string a {@code String},
 * a whole number a {@code Long}, a number a {@code Double}, {@code None} {@link #NONE}.
 */
final class RestrictedPickle {
  /** Python's None. */
  static final Object NONE = new Object();

  private static final int MOST_AXES = 64;
  private static final Object MARK = new Object();
  private static final String TENSOR = "torch._utils._rebuild_tensor";
  private static final String TENSOR_2 = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final String ORDERED_DICT = "collections.OrderedDict";

  /** Data types by PyTorch's storage class, in the words of safetensors. */
  private static final Map<String, String> DATA_TYPES =
      Map.of(
          "torch.DoubleStorage", "F64",
          "torch.FloatStorage", "F32",
          "torch.HalfStorage", "F16",
          "torch.BFloat16Storage", "BF16",
          "torch.LongStorage", "I64",
          "torch.IntStorage", "I32",
          "torch.ShortStorage", "I16",
          "torch.CharStorage", "I8",
          "torch.ByteStorage", "U8",
          "torch.BoolStorage", "BOOL");

  private final String file;
  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  /** A function or class that may be named. */
  private record Global(String name) {}

  /**
   * Values that lie beside the pickle.
   *
   * @param dataType such as {@code F32}
   * @param size number of values
   */
  record Storage(String dataType, String key, long size) {}

  /** A view of a storage: element i, j, … is number offset + i · stride₀ + j · stride₁ + … */
  record View(Storage storage, long offset, long[] shape, long[] strides) {}

  private RestrictedPickle(ByteBuffer in, String file) {
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    this.file = file;
  }

  /**
   * Reads one pickle; the buffer's position is behind it afterwards.
   *
   * @param file for messages
   * @throws IOException when it is damaged or asks for what is not allowed
   */
  static Object read(ByteBuffer in, String file) throws IOException {
    try {
      return new RestrictedPickle(in, file).run();
    } catch (BufferUnderflowException e) {
      throw damaged(file, "it ends in the middle of an instruction");
    } catch (ClassCastException e) {
      throw damaged(file, "an instruction finds another kind of value than it takes");
    }
  }

  static IOException damaged(String file, String what) {
    return new IOException(
        "%s is not a sound PyTorch checkpoint: %s; copy or download it again"
            .formatted(file, what));
  }

  private IOException refused(String what) {
    return new IOException(
        "%s asks for %s, which a checkpoint of tensors alone does not need and which is not run:"
                .formatted(file, what)
            + " save the model as safetensors");
  }

  private Object run() throws IOException {
    while (true) {
      int code = in.get() & 0xff;
      switch (code) {
        case 0x80 -> { // PROTO
          int protocol = in.get() & 0xff;
          if (protocol < 2 || protocol > 5) {
            throw refused("pickle protocol " + protocol);
          }
        }
        case 0x95 -> in.getLong(); // FRAME: only says how much may be read at once
        case '.' -> {
          Object result = pop();
          if (!stack.isEmpty()) {
            throw damaged(file, "values are left over at its end");
          }
          return result;
        }
        case '(' -> stack.add(MARK);
        case 'N' -> stack.add(NONE);
        case 0x88 -> stack.add(true);
        case 0x89 -> stack.add(false);
        case 'J' -> stack.add((long) in.getInt());
        case 'K' -> stack.add((long) (in.get() & 0xff));
        case 'M' -> stack.add((long) (in.getShort() & 0xffff));
        case 0x8a -> stack.add(longInteger(in.get() & 0xff));
        case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
        case 'X' -> stack.add(text(in.getInt()));
        case 0x8c -> stack.add(text(in.get() & 0xff));
        case 'T' -> stack.add(text(in.getInt()));
        case 'U' -> stack.add(text(in.get() & 0xff));
        case '}' -> stack.add(new LinkedHashMap<>());
        case ']' -> stack.add(new ArrayList<>());
        case ')' -> stack.add(List.of());
        case 't' -> stack.add(Collections.unmodifiableList(popToMark()));
        case 0x85, 0x86, 0x87 -> stack.add(tuple(code - 0x84));
        case 'a' -> append(List.of(pop()));
        case 'e' -> append(popToMark());
        case 's' -> putAll(tuple(2));
        case 'u' -> putAll(popToMark());
        case 'q' -> memo.put(in.get() & 0xff, top());
        case 'r' -> memo.put(in.getInt(), top());
        case 0x94 -> memo.put(memo.size(), top());
        case 'h' -> stack.add(remembered(in.get() & 0xff));
        case 'j' -> stack.add(remembered(in.getInt()));
        case 'c' -> stack.add(global(line(), line()));
        case 0x93 -> {
          String name = (String) pop();
          stack.add(global((String) pop(), name));
        }
        case 'Q' -> stack.add(storage((List<?>) pop()));
        case 'R' -> {
          List<?> arguments = (List<?>) pop();
          stack.add(call((Global) pop(), arguments));
        }
        case 'b' -> build(pop());
        default -> throw refused("the instruction 0x%02x".formatted(code));
      }
    }
  }

  private Object pop() throws IOException {
    if (stack.isEmpty() || top() == MARK) {
      throw damaged(file, "an instruction finds no value");
    }
    return stack.remove(stack.size() - 1);
  }

  private Object top() throws IOException {
    if (stack.isEmpty()) {
      throw damaged(file, "an instruction finds no value");
    }
    return stack.get(stack.size() - 1);
  }

  private List<Object> popToMark() throws IOException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw damaged(file, "an instruction finds no mark");
    }
    List<Object> values = new ArrayList<>(stack.subList(mark + 1, stack.size()));
    stack.subList(mark, stack.size()).clear();
    return values;
  }

  private List<Object> tuple(int size) throws IOException {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      values.add(0, pop());
    }
    return Collections.unmodifiableList(values);
  }

  private Object longInteger(int bytes) throws IOException {
    byte[] bigEndian = new byte[bytes + 1]; // a leading 0 for a number of no bytes
    byte[] read = bytes(bytes);
    for (int i = 0; i < bytes; i++) {
      bigEndian[bytes - i] = read[i];
    }
    bigEndian[0] = (byte) (bytes > 0 && read[bytes - 1] < 0 ? -1 : 0);
    BigInteger value = new BigInteger(bigEndian);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private byte[] bytes(int count) throws IOException {
    if (count < 0 || count > in.remaining()) {
      throw damaged(file, "it ends in the middle of a value");
    }
    byte[] bytes = new byte[count];
    in.get(bytes);
    return bytes;
  }

  private String text(int count) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(count))).toString();
    } catch (CharacterCodingException e) {
      throw damaged(file, "a string is not UTF-8");
    }
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (int c = in.get(); c != '\n'; c = in.get()) {
      line.append((char) (c & 0xff));
    }
    return line.toString();
  }

  private Object remembered(int place) throws IOException {
    Object value = memo.get(place);
    if (value == null) {
      throw damaged(file, "it refers to a value that it has not made");
    }
    return value;
  }

  private void append(List<?> values) throws IOException {
    @SuppressWarnings("unchecked")
    List<Object> list = (List<Object>) top();
    if (!(list instanceof ArrayList)) {
      throw damaged(file, "it adds to a tuple");
    }
    list.addAll(values);
  }

  private void putAll(List<?> pairs) throws IOException {
    @SuppressWarnings("unchecked")
    Map<Object, Object> map = (Map<Object, Object>) top();
    if (pairs.size() % 2 != 0) {
      throw damaged(file, "a key has no value");
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      Object key = pairs.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw damaged(file, "a dictionary has a key that is neither text nor a number");
      }
      map.put(key, pairs.get(i + 1));
    }
  }

  private Global global(String module, String name) throws IOException {
    String full = module + "." + name;
    if (!List.of(ORDERED_DICT, TENSOR, TENSOR_2, PARAMETER).contains(full)
        && !DATA_TYPES.containsKey(full)) {
      throw refused(shown(full));
    }
    return new Global(full);
  }

  /** ('storage', class, key, device, number of values), and None in older files. */
  private Storage storage(List<?> id) throws IOException {
    boolean known =
        (id.size() == 5 || id.size() == 6 && id.get(5) == NONE)
            && id.get(0).equals("storage")
            && DATA_TYPES.containsKey(((Global) id.get(1)).name());
    if (!known) {
      throw refused("a storage of another kind");
    }
    long size = (Long) id.get(4);
    if (size < 0) {
      throw damaged(file, "a storage has a negative size");
    }
    return new Storage(DATA_TYPES.get(((Global) id.get(1)).name()), (String) id.get(2), size);
  }

  private Object call(Global function, List<?> arguments) throws IOException {
    int count = arguments.size();
    switch (function.name()) {
      case ORDERED_DICT -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        stack.add(map);
        if (count == 1) {
          for (Object pair : (List<?>) arguments.get(0)) {
            if (((List<?>) pair).size() != 2) {
              throw damaged(file, "a dictionary is made of other values than pairs");
            }
            putAll((List<?>) pair);
          }
        } else if (count != 0) {
          throw refused(ORDERED_DICT + " with other arguments");
        }
        return pop();
      }
      case TENSOR, TENSOR_2 -> {
        if (count < (function.name().equals(TENSOR) ? 4 : 6) || count > 7) {
          throw damaged(file, "a tensor is made of other values");
        }
        return new View(
            (Storage) arguments.get(0),
            (Long) arguments.get(1),
            sizes((List<?>) arguments.get(2)),
            sizes((List<?>) arguments.get(3)));
      }
      case PARAMETER -> {
        if (count != 3) {
          throw damaged(file, "a parameter is made of other values");
        }
        return (View) arguments.get(0);
      }
      default -> throw refused("a call of " + function.name());
    }
  }

  private long[] sizes(List<?> values) throws IOException {
    if (values.size() > MOST_AXES) {
      throw damaged(file, "a tensor has %d axes".formatted(values.size()));
    }
    return values.stream().mapToLong(value -> (Long) value).toArray();
  }

  /** A state dictionary's versions of its modules say nothing about its tensors. */
  private void build(Object state) throws IOException {
    if (!(top() instanceof Map) || !(state instanceof Map)) {
      throw refused("the state of an object");
    }
  }

  /** The tensors of a dictionary from names to tensors. */
  static Optional<Map<String, View>> tensors(Object pickled, String file) throws IOException {
    if (!(pickled instanceof Map<?, ?> map)) {
      return Optional.empty();
    }
    Map<String, View> tensors = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String name) || !(entry.getValue() instanceof View view)) {
        throw new IOException(
            "%s holds something else than a tensor under %s; a model's state dictionary is read:"
                    .formatted(file, shown(entry.getKey()))
                + " save the model as safetensors");
      }
      tensors.put(name, view);
    }
    return Optional.of(tensors);
  }
}
