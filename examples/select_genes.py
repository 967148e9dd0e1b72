"""Which genes tell two leukaemias apart: 38 patients, 5000 genes."""

import tacit


problem = tacit.load("golub")
selector = tacit.DeepLDASelector().fit(problem.X, problem.labels)
names = problem.features or ()
for gene in selector.path_.features[: selector.path_.chosen + 1]:
    print(names[gene])
print(f"held-out deviance {selector.path_.deviance[selector.path_.chosen]:.3f}")
print(f"without any gene  {selector.path_.null_deviance:.3f}")
print(selector.stability(20))
selector.plot_path().savefig("genes.svg")
