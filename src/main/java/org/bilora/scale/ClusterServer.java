package org.bilora.scale;

import java.io.IOException;
import java.time.Duration;
import org.bilora.graph.TaskDevice;
import org.tensorflow.Server;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.proto.ClusterDef;
import org.tensorflow.proto.JobDef;
import org.tensorflow.proto.ServerDef;

/**
 * TensorFlow's server of one process of a cluster. It runs until the process ends: TensorFlow
 * cannot stop one.
 */
final class ClusterServer {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private ClusterServer() {}

  /**
   * Starts it.
   *
   * @throws IOException when its port is taken
   */
  static void start(ClusterFile cluster, int task) throws IOException {
    Address own = cluster.workers().get(task);
    if (new Address("localhost", own.port()).answers(PATIENCE)) {
      throw new IOException(
          "port %d of %s is taken; end what listens there, or name another port in the cluster's file"
              .formatted(own.port(), cluster.name(task)));
    }
    JobDef.Builder job = JobDef.newBuilder().setName(TaskDevice.JOB);
    for (int i = 0; i < cluster.workers().size(); i++) {
      job.putTasks(i, cluster.workers().get(i).toString());
    }
    ServerDef definition =
        ServerDef.newBuilder()
            .setCluster(ClusterDef.newBuilder().addJob(job))
            .setJobName(TaskDevice.JOB)
            .setTaskIndex(task)
            .setProtocol("grpc")
            .build();
    try {
      new Server(definition).start();
    } catch (TensorFlowException e) {
      throw new IOException(
          "TensorFlow's server of %s does not start: %s"
              .formatted(cluster.name(task), e.getMessage()),
          e);
    }
  }
}
