package org.bilora.step;

import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.BilevelProblem;

/** A problem whose two groups of parameters are what is trained of a network. */
interface TrainablesProblem extends BilevelProblem {
  /** What is trained; of several trainings in lanes, the first one's. */
  Trainables trainables();

  @Override
  default ParameterGroup lowerGroup() {
    return trainables().lower();
  }

  @Override
  default ParameterGroup upperGroup() {
    return trainables().upper();
  }
}
