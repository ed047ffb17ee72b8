package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import org.bilora.data.Dataset;
import org.bilora.eval.ConstantAnswer;
import org.bilora.generate.DecodingListener;
import org.bilora.model.PretrainedEncoder;
import org.bilora.train.Checkpointing;
import org.bilora.train.RunRecord;
import org.bilora.train.RunSize;
import org.bilora.train.RunSpeed;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;

/** An encoder and tasks with labels: what its run says is all of a cell's result. */
record EncoderTestBed(PretrainedEncoder model, StudyData data) implements TestBed {
  @Override
  public String dataSha256(Cell cell) throws IOException {
    return data.of(cell).sha256();
  }

  @Override
  public RunSize size(Cell cell, TrainingSettings settings) throws IOException {
    return RunSize.of(model, data.of(cell), settings);
  }

  @Override
  public RunSpeed speed(Cell cell, int steps) throws IOException {
    return RunSpeed.measure(model, data.of(cell), cell.settings(), steps);
  }

  @Override
  public double secondsToGenerate(Cell cell) {
    return 0;
  }

  @Override
  public Trainer trainer(
      Cell cell,
      TrainingSettings settings,
      Path run,
      Checkpointing checkpointing,
      TrainingListener... listeners)
      throws IOException {
    return new Trainer(model, data.of(cell), settings, run, checkpointing, listeners);
  }

  @Override
  public CellResult result(Cell cell, RunRecord record, Path run, DecodingListener listener)
      throws IOException {
    Dataset dataset = data.of(cell);
    double[] expected =
        dataset.split(Dataset.DEV).stream()
            .mapToDouble(example -> example.target().orElseThrow())
            .toArray();
    return CellResult.of(cell, record, ConstantAnswer.scores(dataset.task(), expected));
  }
}
