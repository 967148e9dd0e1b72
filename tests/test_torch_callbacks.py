"""The monitor inside of Lightning and of the Hugging Face trainer, where installed."""

import pytest

from tests.present import present


torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs, about workers and the like

X = torch.randn(24, 5, generator=torch.Generator().manual_seed(0))
Y = torch.arange(24) % 3


def model():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Linear(5, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)
    )


def test_lightning_logs_once_a_step_and_keeps_its_state(tmp_path):
    lightning = pytest.importorskip("lightning")
    from tacit.bridges.torch import LightningMonitor

    logged = []

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.body = model()

        def training_step(self, batch, _):
            return torch.nn.functional.cross_entropy(self.body(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

        def log_dict(self, record, **words):
            logged.append((self.trainer.global_step, record, words))
            super().log_dict(record, **words)

    def fit(epochs, **words):
        watch = LightningMonitor(every=1)
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accumulate_grad_batches=4,
            callbacks=[watch],
            default_root_dir=tmp_path,
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            logger=False,
        )
        data = torch.utils.data.TensorDataset(X, Y)
        loader = torch.utils.data.DataLoader(data, batch_size=3)
        trainer.fit(Module(), loader, **words)
        trainer.save_checkpoint(tmp_path / "end.ckpt")
        return present(watch.monitor)

    monitor = fit(2)
    assert [step for step, _, _ in logged] == [1, 2, 3, 4], "8 batches, 4 a step"
    assert all(words["rank_zero_only"] for _, _, words in logged)
    assert logged[-1][1]["tacit/norm/body.0"] > 0
    again = fit(3, ckpt_path=tmp_path / "end.ckpt", weights_only=False)
    assert [step for step, _ in again.records] == [1, 2, 3, 4, 5, 6]
    assert again._squares == monitor._squares


def test_the_trainer_s_own_log_has_the_record(tmp_path):
    transformers = pytest.importorskip("transformers")
    from tacit.bridges.torch import TrainerMonitor

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = model()

        def forward(self, inputs, labels):
            outputs = self.body(inputs)
            return torch.nn.functional.cross_entropy(outputs, labels), outputs

    reported = []

    class Reporter(transformers.TrainerCallback):
        def on_log(self, args, state, control, logs=None, **more):
            del args, state, control, more
            reported.append(dict(present(logs)))

    def trainer_of(steps):
        return transformers.Trainer(
            Model(),
            transformers.TrainingArguments(
                output_dir=str(tmp_path),
                max_steps=steps,
                per_device_train_batch_size=3,
                gradient_accumulation_steps=2,
                logging_steps=2,
                report_to=[],
                use_cpu=True,
                disable_tqdm=True,
                save_strategy="steps",
                save_steps=4,
            ),
            train_dataset=[
                {"inputs": x, "labels": y} for x, y in zip(X, Y.tolist(), strict=True)
            ],
            callbacks=[Reporter()],
        )

    trainer = trainer_of(4)
    watch = TrainerMonitor(every=2).attach(trainer)
    trainer.train()
    assert present(watch.monitor).step == 4
    for seen in (reported, trainer.state.log_history):
        assert sum("tacit/norm/body.0" in logs for logs in seen) == 2
    later = trainer_of(6)
    again = TrainerMonitor(every=2).attach(later)
    later.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    assert [step for step, _ in present(again.monitor).records] == [2, 4, 6]
    assert present(again.monitor)._squares == present(watch.monitor)._squares
