package org.bilora.cli.command;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.bilora.cli.Main;

/** One call of the command line, with what it printed. */
record Call(int exitCode, String out, String err) {
  static Call of(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    int exitCode = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Call(exitCode, out.toString(), err.toString());
  }

  /** The only line on standard error that is an error. */
  String error() {
    return err.lines().filter(line -> line.startsWith("bilora: ")).reduce("", (a, b) -> a + b);
  }

  long errorLines() {
    return err.lines().filter(line -> line.startsWith("bilora: ")).count();
  }

  boolean hasStackTrace() {
    return err.contains("\tat ");
  }
}
