import Basics

/// The text of a type and a shape for a person, such as `u8 10000×1×28×28`.
func describe(_ element: ElementType, _ shape: [Int]) -> String {
  shape.isEmpty
    ? "\(element) scalar" : "\(element) \(shape.map(String.init).joined(separator: "×"))"
}

/// The text of the type and the shape of `tensor`.
func describe(_ tensor: Tensor) -> String { describe(tensor.type, tensor.shape) }
