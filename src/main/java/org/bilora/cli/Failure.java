package org.bilora.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.bilora.cli.option.CommonOptions;
import org.bilora.train.DivergedException;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import picocli.CommandLine;

/** What a user reads when something went wrong: one line, and what to do. */
public final class Failure {
  /** A message may quote a file; however much it quotes, a line stays one that can be read. */
  private static final int MOST_CHARACTERS = 800;

  private Failure() {}

  /** One line for whatever a command threw. */
  public static String describe(Throwable failure) {
    return line(message(failure));
  }

  private static String message(Throwable failure) {
    if (failure instanceof UncheckedIOException wrapped) {
      return message(wrapped.getCause());
    }
    if (failure instanceof FileSystemException file) {
      return file.getFile() + ": " + reason(file);
    }
    if (failure instanceof IOException
        || failure instanceof IllegalArgumentException
        || failure instanceof DivergedException) {
      return failure.getMessage() == null ? unexpected(failure) : failure.getMessage();
    }
    if (failure instanceof OutOfMemoryError) {
      return "the Java heap is full (%s); give it more with BILORA_JAVA_OPTS=-Xmx4g"
          .formatted(failure.getMessage());
    }
    if (failure instanceof TFResourceExhaustedException) {
      return "TensorFlow ran out of memory; use a smaller --batch or --max-length (%s)"
          .formatted(failure.getMessage());
    }
    if (failure instanceof UnsatisfiedLinkError) {
      return "a native library does not load on this machine (tried is Linux on x86-64): "
          + failure.getMessage();
    }
    return unexpected(failure);
  }

  private static String reason(FileSystemException failure) {
    if (failure instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return "exists already";
    }
    if (failure instanceof NotDirectoryException) {
      return "is not a folder";
    }
    return failure.getReason() == null ? failure.getClass().getSimpleName() : failure.getReason();
  }

  private static String unexpected(Throwable failure) {
    return "unexpected %s, a defect of this program; run it again with %s for the stack trace"
        .formatted(failure, CommonOptions.VERBOSE);
  }

  /** Messages of libraries may span lines. */
  private static String line(String message) {
    String line = message.strip().replaceAll("\\s*\\R\\s*", "; ");
    return line.length() > MOST_CHARACTERS ? line.substring(0, MOST_CHARACTERS) + "…" : line;
  }

  /** A wrong call: what is wrong, what was meant, where the help is. */
  static int usage(CommandLine.ParameterException failure, String[] args) {
    CommandLine at = failure.getCommandLine();
    PrintWriter err = at.getErr();
    err.println("bilora: " + line(failure.getMessage()));
    CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
    err.println("Try '%s --help'.".formatted(at.getCommandSpec().qualifiedName()));
    err.flush();
    return at.getCommandSpec().exitCodeOnInvalidInput();
  }
}
