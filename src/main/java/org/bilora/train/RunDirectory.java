package org.bilora.train;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.bilora.model.PretrainedModel;
import org.bilora.step.NetworkFineTuning;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;

/** The files of a run, and the one way in which each is written. */
record RunDirectory(Path path) {
  private static final String RECORD = "run.json";

  /** Writes or reads something. */
  @FunctionalInterface
  interface FileAction {
    void run() throws IOException;
  }

  Path record() {
    return path.resolve(RECORD);
  }

  /** Trained values of the best epoch. */
  Path trained() {
    return path.resolve("trained.safetensors");
  }

  /** The whole state after some step. */
  Path checkpoint() {
    return path.resolve("checkpoint.safetensors");
  }

  /**
   * Makes sure that a new run overwrites nothing.
   *
   * @throws IOException when it holds anything
   */
  void requireUnused() throws IOException {
    if (Files.exists(record())) {
      throw new IOException(
          path + " already holds a run; resume it, or choose another directory for a new one");
    }
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new IOException(path + " is a file; choose a new directory for the run");
    }
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          // A run that was killed before its record was written leaves half of it.
          boolean leftover = entry.getFileName().toString().matches("\\.run\\.json\\..*\\.part");
          if (!entry.endsWith(RunLock.FILE) && !leftover) {
            throw new IOException(
                "%s is not empty (it holds %s); choose a new or empty directory for the run"
                    .formatted(path, entry.getFileName()));
          }
        }
      }
    }
  }

  void create() throws IOException {
    Files.createDirectories(path);
  }

  /**
   * Keeps every other training out of the directory, which must exist.
   *
   * @throws IOException when another one is in it
   */
  RunLock lock() throws IOException {
    return RunLock.take(path);
  }

  /** Removes what a killed writer left behind. */
  void removePartialFiles() throws IOException {
    try (DirectoryStream<Path> partial = Files.newDirectoryStream(path, ".*.part")) {
      for (Path file : partial) {
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Reads {@code run.json}.
   *
   * @throws IOException when there is none or it is damaged
   */
  RunRecord readRecord() throws IOException {
    if (!Files.isDirectory(path)) {
      throw new IOException(path + " is not a directory; give the directory of a run");
    }
    if (!Files.isRegularFile(record())) {
      throw new IOException(
          "%s holds no run: %s is missing; give the directory that training wrote"
              .formatted(path, RECORD));
    }
    RunRecord record = RunJson.readSealed(record(), Files.readAllBytes(record()), RunRecord.class);
    if (record.formatVersion() != RunRecord.FORMAT_VERSION) {
      throw new IOException(
          "%s: format_version is %d, this program reads %d; use the version that wrote it"
              .formatted(record(), record.formatVersion(), RunRecord.FORMAT_VERSION));
    }
    return record;
  }

  /**
   * Reads the values of the best epoch.
   *
   * @throws IOException when there are none yet, or other ones than the record says
   */
  Map<String, HostTensor> readTrained(RunRecord record) throws IOException {
    if (record.trainedSha256().isEmpty()) {
      throw new IOException(
          "the run in %s has no trained values yet (status %s): the first are kept after epoch 1"
              .formatted(path, record.status().name().toLowerCase(Locale.ROOT)));
    }
    if (!Files.isRegularFile(trained())) {
      throw new IOException(
          trained() + " is missing; restore it from a copy, or train again in a new directory");
    }
    Map<String, HostTensor> trained = Safetensors.read(trained()).tensors();
    String sha256 = NetworkFineTuning.sha256(trained);
    if (!sha256.equals(record.trainedSha256().get())) {
      throw new IOException(
          "%s holds other values than %s says (trained_sha256 %s, found %s); %s"
              .formatted(
                  trained(),
                  record().getFileName(),
                  record.trainedSha256().get(),
                  sha256,
                  record.status() == RunRecord.Status.RUNNING
                      ? "if the run was killed, resume it"
                      : "restore it from a copy, or train again in a new directory"));
    }
    return trained;
  }

  /**
   * Makes sure that a model is the one that the run started from.
   *
   * @throws IOException when its hash is another one, or that of a file beside its weights
   */
  void requireModel(RunRecord record, PretrainedModel model) throws IOException {
    ModelFiles.requireSame(path, record.model().files(), model);
    if (!model.sha256().equals(record.model().sha256())) {
      throw new IOException(
          "the run in %s was trained on %s with the hash %s, which has the hash %s now; restore it"
              .formatted(path, model.name(), record.model().sha256(), model.sha256()));
    }
  }

  void write(RunRecord record) throws IOException {
    byte[] json = RunJson.writeSealed(record);
    uninterrupted(() -> AtomicFile.write(record(), out -> out.write(json)));
  }

  /**
   * Does something with files even when this thread was asked to stop: an interrupt closes the file
   * that is being written. The request is kept.
   */
  static void uninterrupted(FileAction action) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          action.run();
          return;
        } catch (ClosedByInterruptException e) {
          interrupted = true;
          Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
