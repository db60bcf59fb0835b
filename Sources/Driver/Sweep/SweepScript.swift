import Basics

/// What spreads the runs of a sweep over many processors.
public enum SweepScheduler: String, CaseIterable, Sendable {
  case slurm, lsf, parallel

  /// The script that does the runs with the numbers `runs`, each by `command` with its number behind, in `folder`; the
  /// logs go to `results`.
  ///
  /// What the scheduler is told beyond that goes to its own command, as in `… | sbatch --partition=long`.
  func script(
    name: String, runs: [Int], command: [String], folder: String, results: String
  ) -> String {
    let words = command.map(shellWord).joined(separator: " ")
    let go = "cd \(shellWord(folder))"
    let log = join(results, "\(rawValue).log")
    switch self {
    case .slurm:
      return """
        #!/bin/sh
        #SBATCH --job-name=\(name)
        #SBATCH --array=\(Self.ranges(runs))
        #SBATCH --output="\(log)"
        #SBATCH --open-mode=append
        \(go) && exec \(words) "$SLURM_ARRAY_TASK_ID"

        """
    case .lsf:
      return """
        #!/bin/sh
        #BSUB -J "\(name)[\(Self.ranges(runs))]"
        #BSUB -o "\(log)"
        \(go) && exec \(words) "$LSB_JOBINDEX"

        """
    case .parallel:
      let numbers = runs.map(String.init).joined(separator: "\n")
      return """
        #!/bin/sh
        \(go) && exec parallel --halt never --quote \(words) {} <<END
        \(numbers)
        END

        """
    }
  }

  /// Numbers that rise, as `1-3,7`.
  static func ranges(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
