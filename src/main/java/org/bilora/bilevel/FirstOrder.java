package org.bilora.bilevel;

/** Drops the second term: ∂L₂(V', E)/∂E at the unrolled V'. 4 F. */
public record FirstOrder() implements Hypergradient {

  @Override
  public Estimate estimate(Point point) {
    UpperPass pass = point.upperPassAt(point.unrolledLower());
    return point.estimate(pass.byUpper, point.tf().zerosLike(pass.byUpper), pass);
  }

  @Override
  public String id() {
    return "first-order";
  }

  @Override
  public int backbonePasses() {
    return 4;
  }
}
