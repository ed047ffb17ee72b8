package example;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.Tasks;
import org.bilora.eval.Prediction;
import org.bilora.method.BiLora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedRun;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;

/** Fine-tunes a model on a file with the columns text and label, and classifies a sentence. */
public final class FineTune {
  public static void main(String[] args) throws IOException {
    Dataset data = Tasks.load("custom", Optional.of(Path.of(args[1])));
    TrainingSettings settings = TrainingDefaults.settings(BiLora.USUAL).withMaxLength(32);
    System.out.println(fineTune(args[0], data, settings, Path.of(args[2])));
  }

  public static List<Prediction> fineTune(
      String modelName, Dataset data, TrainingSettings settings, Path directory)
      throws IOException {
    try (PretrainedEncoder model = PretrainedEncoders.load(modelName)) {
      RunRecord record = new Trainer(model, data, settings, directory).train();
      System.out.println(record.best());
    }
    try (TrainedRun run = TrainedRun.open(directory)) {
      System.out.println(run.evaluate(data, Dataset.DEV).metrics());
      Example text = Example.of("She go home.");
      return run.predict(List.of(text));
    }
  }
}
