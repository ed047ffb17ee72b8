package org.bilora.train;

import org.bilora.data.Task;
import org.bilora.data.TaskType;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;

/** The head that a task has above an encoder. */
final class TaskHead {
  private TaskHead() {}

  /** Over every token for classes of words, else over the model's own pooling. */
  static EncoderHead of(PretrainedEncoder model, Task task) {
    EncoderHead.Pooling pooling =
        task.type() == TaskType.TOKEN_CLASSIFICATION ? EncoderHead.Pooling.TOKENS : model.pooling();
    return new EncoderHead(model.config(), pooling, task.outputs());
  }
}
