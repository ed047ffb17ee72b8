package org.bilora.cli.option;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bilora.data.TaskType;
import org.bilora.data.TextRows;
import org.bilora.export.ExportFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Constants that options take, and the help lists, in lower case. */
public abstract class LowerCase<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {
  private final E[] constants;

  private LowerCase(E[] constants) {
    this.constants = constants;
  }

  @Override
  public E convert(String written) {
    for (E constant : constants) {
      if (name(constant).equals(written)) {
        return constant;
      }
    }
    throw new TypeConversionException(
        "'%s' is none of %s"
            .formatted(
                written,
                Arrays.stream(constants).map(LowerCase::name).collect(Collectors.joining(", "))));
  }

  @Override
  public Iterator<String> iterator() {
    return Arrays.stream(constants).map(LowerCase::name).iterator();
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Forms of texts and predictions. */
  public static final class Formats extends LowerCase<TextRows.Format> {
    /** Called by the command line. */
    public Formats() {
      super(TextRows.Format.values());
    }
  }

  /** What a trained model is exported as. */
  public static final class ExportFormats extends LowerCase<ExportFormat> {
    /** Called by the command line. */
    public ExportFormats() {
      super(ExportFormat.values());
    }
  }

  /** What labels are. */
  public static final class TaskTypes extends LowerCase<TaskType> {
    /** Called by the command line. */
    public TaskTypes() {
      super(TaskType.ofUsersFiles().toArray(TaskType[]::new));
    }
  }
}
