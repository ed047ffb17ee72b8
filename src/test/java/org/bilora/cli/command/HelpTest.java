package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bilora.cli.Main;
import org.bilora.cli.option.SettingsAsOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class HelpTest {
  /** Commands that do something, by their words. */
  static Stream<List<String>> commands() {
    List<List<String>> commands = new ArrayList<>();
    collect(new CommandLine(new BiloraCommand()), List.of(), commands);
    return commands.stream();
  }

  private static void collect(CommandLine at, List<String> words, List<List<String>> commands) {
    if (at.getSubcommands().isEmpty()) {
      commands.add(words);
    }
    at.getSubcommands()
        .forEach(
            (name, below) -> {
              List<String> more = new ArrayList<>(words);
              more.add(name);
              collect(below, more, commands);
            });
  }

  private static CommandSpec spec(List<String> words) {
    CommandLine at = new CommandLine(new BiloraCommand());
    for (String word : words) {
      at = at.getSubcommands().get(word);
    }
    return at.getCommandSpec();
  }

  private static Call help(List<String> words) {
    return Call.of(Stream.concat(words.stream(), Stream.of("--help")).toArray());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpMentionsAndDescribesEveryOption(List<String> words) {
    Call help = help(words);
    assertEquals(0, help.exitCode());
    spec(words)
        .options()
        .forEach(
            option -> {
              assertTrue(help.out().contains(option.longestName()), option.longestName());
              assertTrue(option.description().length > 0, option.longestName());
            });
    assertFalse(help.out().contains("${"), help.out());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandTakesTheCommonOptions(List<String> words) {
    List<String> options =
        spec(words).options().stream().map(option -> option.longestName()).toList();
    assertTrue(options.containsAll(List.of("--json", "--verbose", "--help")), options.toString());
  }

  @Test
  void theHelpOfTrainShowsDefaultsTasksAndPresets() {
    String help = help(List.of("train")).out();
    SettingsAsOptions defaults = new SettingsAsOptions();
    String words = help.replaceAll("\\s+", " ");
    defaults
        .values()
        .forEach(
            (option, value) ->
                assertTrue(words.contains("(default: " + value + ")"), option + " " + value));
    assertTrue(words.contains("cola"), help);
    assertTrue(words.contains("minilm-l6"), help);
  }

  @Test
  void theMainHelpListsTheCommands() {
    Call help = Call.of("--help");
    assertEquals(0, help.exitCode());
    for (String command :
        List.of("quickstart", "train", "eval", "predict", "features", "export", "serve")) {
      assertTrue(help.out().contains("  " + command), command);
    }
  }

  @Test
  void versionNamesWhatABugReportNeeds() {
    Call version = Call.of("--version");
    assertEquals(0, version.exitCode());
    assertTrue(
        version.out().matches("(?s)bilora \\d.*TensorFlow Java \\d.*Java \\d.*"), version.out());
  }

  @Test
  void helpThatNobodyCanReadIsAnError() {
    StringWriter err = new StringWriter();
    PrintWriter full =
        new PrintWriter(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("No space left on device");
              }
            });
    assertEquals(1, Main.run(full, new PrintWriter(err, true), "--help"));
    assertEquals(
        "bilora: standard output cannot be written: its disk is full, or its reader has gone\n",
        err.toString());
  }
}
