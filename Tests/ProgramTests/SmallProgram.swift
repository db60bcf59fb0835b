import Program

/// One block on one core of the preset `tiny`, and a result that passes through the host.
let smallListing = """
  aimc 2.0
  network "small"
  compiler "aimcc test"
  chip tiny
  counters 2
  input "x" f32[1 "batch", 2], in x#0, scale = 0.5
  output "y" f32[1, 1], in y#3
  buffer x#0 f32[2], host
  buffer columns#1 f32[1], columns 0.2
  buffer z#2 f32[1], host
  buffer y#3 f32[1], host
  buffer half#4 f16[1], host = [0.5]
  block 0 "dense", rows 0..<2, columns 0..<1, g-max = 20.0
    scales = [0.5]
    conductances = [1, -0.25]
  tile 0, core 0.2, block 0, at 0, 0
  affine 0
    gains = [0.5]
    offsets = [0.125]
  descriptor @0 x#0
    axis 2, stride 1
    inner 2, axis 0, step 1
  descriptor @1 columns#1, counter 0 by 1
  descriptor @2 z#2, counter 1 by 1
  descriptor @3 y#3
  descriptor @4 half#4
  unit host
  node "scale" Mul, covers 1
    zip.mul y@3, z@2, half@4
    end
  unit crossbar 0.2
    mvm columns@1, x@0, tile 0, scale = 0.5
    end
  unit ldpu 0.2
    affine z@2, columns@1, none, affine 0, scale = 0.25, relu-after
    end
  """

func smallProgram() throws -> Program { try Program(assembly: smallListing) }
