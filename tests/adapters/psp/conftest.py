from tests.sandbox import sandbox, sandbox_url

__all__ = ["sandbox", "sandbox_url"]
