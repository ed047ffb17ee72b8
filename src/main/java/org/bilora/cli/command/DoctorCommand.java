package org.bilora.cli.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.doctor.Doctor;
import org.bilora.doctor.Finding;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bilora doctor}. */
@Command(
    name = "doctor",
    description = {
      "Checks versions and devices, tries XLA and bfloat16, and says what to do.",
      "The exit code is 0 unless something that training needs is broken."
    },
    sortOptions = false)
final class DoctorCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    try {
      NativeLog.skipFirstNotesOfXla();
    } catch (LinkageError e) {
      // Which check it breaks is for the doctor to say.
      LoggerFactory.getLogger(DoctorCommand.class).debug("TensorFlow does not load", e);
    }
    List<Finding> findings = Doctor.examine();
    boolean healthy = Doctor.healthy(findings);
    common.result(fields(findings, healthy), text(findings, healthy));
    return healthy ? 0 : 1;
  }

  private static Map<String, Object> fields(List<Finding> findings, boolean healthy) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", finding.name());
      row.put("value", finding.value());
      row.put("status", status(finding));
      finding.advice().ifPresent(advice -> row.put("advice", advice));
      rows.add(row);
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("healthy", healthy);
    fields.put("findings", rows);
    return fields;
  }

  private static String text(List<Finding> findings, boolean healthy) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append("%-7s %-16s %s%n".formatted(status(finding), finding.name(), finding.value()));
      finding.advice().ifPresent(advice -> text.append("%25s→ %s%n".formatted("", advice)));
    }
    return text.append(healthy ? "Training works here." : "Training does not work here.")
        .toString();
  }

  private static String status(Finding finding) {
    return finding.status().name().toLowerCase(Locale.ROOT);
  }
}
