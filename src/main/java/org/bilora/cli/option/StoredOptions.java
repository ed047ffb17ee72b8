package org.bilora.cli.option;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bilora.cli.Main;
import org.bilora.data.TaskType;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options of {@code train} that decide a run, as {@code settings.yaml} in its directory has
 * them.
 *
 * @param command parsed
 */
public record StoredOptions(CommandSpec command) {
  private static final String FILE = "settings.yaml";

  /** Options that say how a run is made, not what it is. */
  private static final Set<String> OTHERS =
      Set.of(
          "--out",
          "--resume",
          "--config",
          "--dry-run",
          "--xla-cache",
          ClusterOptions.CLUSTER,
          ClusterOptions.TASK_INDEX,
          "--json",
          "--verbose",
          "--help");

  /** Their names. */
  public Set<String> names() {
    return command.options().stream()
        .map(OptionSpec::longestName)
        .filter(name -> !OTHERS.contains(name))
        .collect(Collectors.toSet());
  }

  /** Writes the file of a new run as soon as its directory is there. */
  public TrainingListener recorder(TrainingSettings settings, Path run) {
    Map<String, String> effective = effective(settings);
    return new TrainingListener() {
      @Override
      public void started(Start start) {
        Path file = run.resolve(FILE);
        try {
          if (!Files.exists(file)) {
            OptionFile.write(
                file, effective, "%s train --config %s --out NEW_RUN".formatted(Main.NAME, file));
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  /** What the command was called with, and what options are that it was not called with. */
  private Map<String, String> effective(TrainingSettings settings) {
    Map<String, String> known = new SettingsAsOptions(settings).values();
    Set<String> names = names();
    Map<String, String> effective = new LinkedHashMap<>();
    for (OptionSpec option : command.options()) {
      String name = option.longestName();
      String text = known.containsKey(name) ? known.get(name) : written(option.getValue());
      if (names.contains(name) && !text.isEmpty()) {
        effective.put(name, text);
      }
    }
    return effective;
  }

  private static String written(Object value) {
    if (value == null || value.equals(false)) {
      return "";
    }
    if (value instanceof Collection<?> items) {
      return items.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    if (value instanceof Map<?, ?> entries) {
      return entries.entrySet().stream()
          .map(entry -> entry.getKey() + "=" + entry.getValue())
          .collect(Collectors.joining(","));
    }
    return value instanceof TaskType type ? type.id() : value.toString();
  }
}
